package storage
import ("testing";"time";"github.com/google/uuid";"adviceline/helpline";"fmt";"context";"github.com/jackc/pgx/v5")
func TestTmp(t *testing.T){
 url:=database(t)
 s:=open(t,url); l:=writing(t,s,LedgerOptions{})
 n:=0
 for i:=range 12 {
  evs:=make([][]helpline.Event,10)
  for j:=range evs { for range 2000 { n++; evs[j]=append(evs[j],step(uuid.NewString(),int64(n),helpline.OutcomeRecorded)) } }
  b:=time.Now()
  for j:=range evs { if err:=<-l.Submit(evs[j]); err!=nil {t.Fatal(err)} }
  d:=time.Since(b)
  fmt.Println(i, n, d/20000)
 }
 conn,_:=pgx.Connect(context.Background(), url)
 r,_:=conn.Query(context.Background(), `EXPLAIN INSERT INTO staged (key, generation, wrapped, sealed)
SELECT u.key, u.generation, u.wrapped, u.sealed
FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bytea[], $5::text[],$6::text[], $7::text[])
	AS u (incarnation, number, contact, key, generation, wrapped, sealed)
WHERE NOT EXISTS (
	SELECT FROM event AS e
	WHERE e.outcome AND e.line = $8::text AND e.contact = u.contact
		AND (e.incarnation, e.number) > (u.incarnation, u.number))
ON CONFLICT (key) DO NOTHING`, []int64{},[]int64{},[]string{},[][]byte{},[]string{},[]string{},[]string{},"main")
 x,err:=pgx.CollectRows(r,pgx.RowTo[string]); for _,y:=range x {fmt.Println(y)}; fmt.Println(err)
}
