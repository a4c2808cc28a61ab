package queue

import (
	"time"

	"adviceline/helpline"
)

// plain turns credits, cooldowns and the overdue age off: the rules that theory knows.
const (
	plainTiming = `"timing":{"decline_cooldown_s":0,"miss_cooldown_s":0,"exclusion_s":0}`
	even        = `"rule":{"overdue_s":1000000000,"lanes":[{"lane":"danger","slope":1},{"lane":"same_day","slope":1},{"lane":"ordinary","slope":1}]}`
	steep       = `"rule":{"overdue_s":1000000000,"lanes":[{"lane":"same_day","slope":5},{"lane":"ordinary","slope":1}]}`
)

var oracleCases = []oracleCase{
	{name: "C1 one adviser", theory: "100.000", scenario: even + "," + plainTiming + `,
		"classes":[{"name":"a","language":"fi","lane":"ordinary","channel":"chat","per_hour":18,"service":{"kind":"exponential","mean_s":100}}],
		"advisers":[{"name":"a","languages":["fi"],"slots":1}]`},
	{name: "C8 three advisers with three slots", theory: "117.589", scenario: even + "," + plainTiming + `,
		"classes":[{"name":"a","language":"fi","lane":"ordinary","channel":"chat","per_hour":12,"service":{"kind":"exponential","mean_s":1800}}],
		"advisers":[{"name":"a","count":3,"languages":["fi"],"slots":3}]`},
	{name: "A1 people who give up", theory: "7.489", scenario: even + "," + plainTiming + `,
		"classes":[{"name":"a","language":"fi","lane":"ordinary","channel":"chat","per_hour":200,"service":{"kind":"exponential","mean_s":180},"patience":{"kind":"exponential","mean_s":300}}],
		"advisers":[{"name":"a","count":13,"languages":["fi"],"slots":1}]`},
	{name: "P1 two lanes, slopes 5 : 1", theory: "53.547", scenario: steep + "," + plainTiming + `,
		"classes":[{"name":"high","language":"fi","lane":"same_day","channel":"chat","per_hour":24,"service":{"kind":"exponential","mean_s":300}},
			{"name":"low","language":"fi","lane":"ordinary","channel":"chat","per_hour":48,"service":{"kind":"exponential","mean_s":300}}],
		"advisers":[{"name":"a","count":8,"languages":["fi"],"slots":1}]`},
	{name: "N2 two languages", theory: "69.914", scenario: even + "," + plainTiming + `,
		"classes":[{"name":"fi","language":"fi","lane":"ordinary","channel":"chat","per_hour":25.2,"service":{"kind":"exponential","mean_s":100}},
			{"name":"en","language":"en","lane":"ordinary","channel":"chat","per_hour":14.4,"service":{"kind":"exponential","mean_s":100}}],
		"advisers":[{"name":"a","languages":["fi"],"skills":["even"],"slots":1},{"name":"b","languages":["fi","en"],"slots":1}]`},
	{name: "H5 three languages, the least flexible first", scenario: even + "," + plainTiming + `,
		"classes":[{"name":"fi","language":"fi","lane":"ordinary","channel":"chat","per_hour":72,"service":{"kind":"exponential","mean_s":100}},
			{"name":"en","language":"en","lane":"ordinary","channel":"chat","per_hour":36,"service":{"kind":"exponential","mean_s":100}},
			{"name":"ru","language":"ru","lane":"ordinary","channel":"chat","per_hour":14.4,"service":{"kind":"exponential","mean_s":100}}],
		"advisers":[{"name":"a","count":2,"languages":["fi"],"slots":1},{"name":"b","count":2,"languages":["fi","en"],"slots":1},{"name":"c","languages":["fi","en","ru"],"slots":1}]`},
	{name: "all lanes, credits, skills, overdue", scenario: allLanes + `"advisers":[{"name":"a","count":2,"languages":["fi"],"slots":2},
		{"name":"b","languages":["fi","sv"],"skills":["child"],"slots":2},{"name":"c","languages":["sv"],"slots":2}]`},
	{name: "declines and misses", scenario: oneLane + `"advisers":[{"name":"a","count":3,"languages":["fi"],"slots":2,` + refusing + `},
		{"name":"b","count":2,"languages":["fi","sv"],"slots":1,` + refusing + `}]`, with: &odds{pause: 1800}},
	{name: "shifts, pauses and draining", scenario: allLanes + `"advisers":[{"name":"d","count":3,"languages":["fi","sv"],"skills":["child"],"slots":2,"shifts":[{"from":7,"to":15}],` + answering + `},
		{"name":"e","count":3,"languages":["fi","sv"],"slots":2,"shifts":[{"from":14.5,"to":23}],` + answering + `},{"name":"n","languages":["fi","sv"],"slots":3,"shifts":[{"from":22,"to":8}],` + answering + `}]`,
		with: &odds{pause: 3600}},
	{name: "consoles that are lost", scenario: allLanes + `"advisers":[{"name":"a","count":3,"languages":["fi"],"slots":2,` + answering + `},
		{"name":"b","count":2,"languages":["fi","sv"],"skills":["child"],"slots":2,` + answering + `}]`, with: &odds{lost: 1200}},
	{name: "transfers, requeues, handovers, parking", scenario: allLanes + `"advisers":[{"name":"a","count":3,"languages":["fi"],"slots":2,` + refusing + `},
		{"name":"b","count":2,"languages":["fi","sv"],"skills":["child"],"slots":3,` + answering + `}]`,
		with: &odds{transfer: 0.3, requeue: 0.2, park: 0.2, handover: 7200, languages: []string{"", "", "sv"}}},
	{name: "calls with reservation", scenario: `"classes":[
			{"name":"fi","language":"fi","lane":"ordinary","channel":"chat","per_hour":20,"service":{"kind":"exponential","mean_s":900},"wrap_up":{"kind":"exponential","mean_s":60}},
			{"name":"day","language":"sv","lane":"same_day","channel":"chat","per_hour":4,"service":{"kind":"exponential","mean_s":900}},
			{"name":"call","language":"fi","lane":"ordinary","channel":"callback","per_hour":3,"overdue_after_s":1800,"service":{"kind":"exponential","mean_s":600}},
			{"name":"due","language":"sv","lane":"present","channel":"callback","per_hour":1,"service":{"kind":"exponential","mean_s":600}}],
		"advisers":[{"name":"a","count":3,"languages":["fi"],"slots":2,` + refusing + `},{"name":"b","count":2,"languages":["fi","sv"],"slots":3,` + answering + `}]`,
		with: &odds{pause: 7200, transfer: 0.1}},
	{name: "danger, and places that are left", scenario: allLanes + `"advisers":[{"name":"a","count":2,"languages":["fi"],"slots":2,` + refusing + `},
		{"name":"b","count":2,"languages":["fi","sv"],"skills":["child"],"slots":2,` + answering + `}]`, with: &odds{fall: 0.4, take: 0.3, lost: 3600},
		timing: func(t *helpline.Timing) { t.Away, t.AwayDanger = 10*time.Minute, 15*time.Minute }},
	{name: "everything at once", scenario: allLanes + `"advisers":[{"name":"a","count":3,"languages":["fi"],"slots":2,` + refusing + `},
		{"name":"b","count":2,"languages":["fi","sv"],"skills":["child"],"slots":3,` + refusing + `}]`,
		with:   &odds{transfer: 0.2, requeue: 0.1, park: 0.1, fall: 0.2, take: 0.1, lost: 5400, pause: 5400, handover: 14400, languages: []string{"", "sv"}},
		timing: func(t *helpline.Timing) { *t = helpline.DefaultTiming() }},
}

const (
	answering = `"answer":{"delay":{"kind":"lognormal","mean_s":6,"sd_s":5},"decline":0.03,"miss":0.02}`
	refusing  = `"answer":{"delay":{"kind":"lognormal","mean_s":8,"sd_s":8},"decline":0.2,"miss":0.15}`
	oneLane   = `"classes":[{"name":"fi","language":"fi","lane":"ordinary","channel":"chat","per_hour":24,"service":{"kind":"exponential","mean_s":600},"patience":{"kind":"exponential","mean_s":1200}},
			{"name":"sv","language":"sv","lane":"ordinary","channel":"chat","per_hour":6,"service":{"kind":"exponential","mean_s":600}}],`
	allLanes = `"classes":[
			{"name":"danger","language":"fi","lane":"danger","channel":"chat","per_hour":1.5,"service":{"kind":"exponential","mean_s":1500},"wrap_up":{"kind":"exponential","mean_s":200}},
			{"name":"present","language":"fi","lane":"present","channel":"chat","per_hour":2,"service":{"kind":"exponential","mean_s":1200},"wrap_up":{"kind":"exponential","mean_s":200}},
			{"name":"day","language":"sv","lane":"same_day","channel":"chat","per_hour":2.5,"service":{"kind":"exponential","mean_s":1200},"patience":{"kind":"exponential","mean_s":2400}},
			{"name":"child","language":"fi","skill":"child","lane":"same_day","channel":"chat","per_hour":1.5,"service":{"kind":"exponential","mean_s":1200},"patience":{"kind":"exponential","mean_s":3600}},
			{"name":"fi","language":"fi","lane":"ordinary","channel":"chat","per_hour":10,"service":{"kind":"exponential","mean_s":1200},"patience":{"kind":"exponential","mean_s":3000}},
			{"name":"sv","language":"sv","lane":"ordinary","channel":"chat","per_hour":2,"service":{"kind":"exponential","mean_s":1200},"patience":{"kind":"exponential","mean_s":3000}}],`
)
