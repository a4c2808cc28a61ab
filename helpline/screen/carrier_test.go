package screen

import "strings"

// carriers are sentences that hold a value at %s, by type and language; "" is for types that have none of
// their own. Half of the words around are of every day.
var carriers = map[string]map[string]string{
	"": {
		"fi": `Hän antoi minulle tämän: %s.|Tieto on %s, kirjaa se.|Näin tekstin %s ja kuvasin sen.|%s|Lapulla luki %s eikä muuta.|Voiko %s auttaa teitä?|Se oli (%s), luulen.|Kirjoitti eilen illalla: "%s"`,
		"sv": `Hon gav mig detta: %s.|Uppgiften är %s, skriv upp den.|Jag såg %s på en lapp.|%s|Det stod %s på väggen.|Kan %s hjälpa er?|Det var (%s), tror jag.|Skrev i går kväll: "%s"`,
		"en": `She gave me this: %s.|The detail is %s, please note it.|I saw %s on a note.|%s|It said %s on the wall.|Does %s help you?|It was (%s), I think.|Wrote last night: "%s"`,
	},
	"phone_national": {
		"fi": `Soita numeroon %s illalla.|Puhelin on %s.|Hänen puhelinnumeronsa on %s, mutta älä lähetä viestejä.|Puh. %s|Tavoitat minut: %s|Voitte soittaa %s klo 17 jälkeen.`,
		"sv": `Ring %s på kvällen.|Telefonen är %s.|Hennes telefonnummer är %s, skicka inga meddelanden.|Tfn %s|Ni når mig på %s|Ni kan ringa %s efter klockan 17.`,
		"en": `Call %s in the evening.|The phone is %s.|Her phone number is %s, send no messages.|Tel. %s|You can reach me at %s|Please ring %s after five.`,
	},
	BusinessID: {
		"fi": `Yrityksen y-tunnus on %s.|Y-tunnus: %s|Firma toimii y-tunnuksella %s.|Alv-tunnus %s on laskussa.`,
		"sv": `Företagets FO-nummer är %s.|FO-nummer: %s|Firman har FO-nr %s.|Momsnummer %s står på fakturan.`,
		"en": `The company's business ID is %s.|Business ID: %s|It trades under VAT number %s.|The invoice names VAT no %s.`,
	},
	Passport: {
		"fi": `Passin numero on %s.|Hänellä on passi %s.|Passinumero: %s|Työnantaja kuvasi passini, %s.|Henkilökortti %s on pomolla.`,
		"sv": `Passets nummer är %s.|Hon har pass %s.|Passnummer: %s|Arbetsgivaren fotograferade passet, %s.|Id-kort %s är hos chefen.`,
		"en": `The passport number is %s.|She holds passport %s.|Passport no: %s|The employer copied my passport, %s.|ID card %s is with the boss.`,
	},
	HealthCard: {
		"fi": `Kela-kortin numero on %s.|Sairaanhoitokortti: %s|Eurooppalainen sairaanhoitokortti %s on voimassa.`,
		"sv": `FPA-kortets nummer är %s.|Sjukvårdskort: %s|Europeiskt sjukvårdskort %s gäller.`,
		"en": `The health insurance card number is %s.|Health card: %s|Her European health insurance card is %s.`,
	},
	PermitNumber: {
		"fi": `Oleskeluluvan numero on %s.|Lupakortti %s on vanhentunut.|Oleskelulupakortti: %s|Työluvan numero %s.`,
		"sv": `Uppehållstillståndets nummer är %s.|Uppehållskort %s har gått ut.|Tillståndsnummer: %s|Arbetstillstånd nummer %s.`,
		"en": `The residence permit number is %s.|Residence card %s has expired.|Permit number: %s|Work permit %s.`,
	},
	CustomerNumber: {
		"fi": `Asiakasnumero on %s.|Asiakastunnus: %s|Minulla on asianumero %s.|Diaarinumero %s Migrissä.`,
		"sv": `Kundnumret är inte detta, kundnummer %s.|Klientnummer: %s|Jag har ärendenummer %s.|Diarienummer %s hos Migri.`,
		"en": `The customer number is %s.|Client number: %s|I have case number %s.|Customer ID %s at Migri.`,
	},
	Plate: {
		"fi": `Auton rekisterinumero on %s.|Hänet haki auto, %s.|Rekkari %s|Valkoinen pakettiauto %s odottaa ulkona.|Kilvessä, siis rekisterikilvessä, luki %s.`,
		"sv": `Bilens registernummer är %s.|En bil hämtade henne, %s.|Reg.nr %s|En vit skåpbil %s väntar utanför.|På registerskylten stod %s.`,
		"en": `The car's registration is %s.|A car fetched her, %s.|Number plate %s|A white van %s waits outside.|The licence plate said %s.`,
	},
	Handle: {
		"fi": `Telegramissa hän on %s.|Käyttäjä %s kirjoitti.|Instassa nimellä %s, en tiedä muuta.`,
		"sv": `På Telegram är hon %s.|Användaren %s skrev.|På Insta som %s, mer vet jag inte.`,
		"en": `On Telegram she is %s.|The user %s wrote.|On Instagram as %s, I know no more.`,
	},
	BirthDate: {
		"fi": `Hän on syntynyt %s.|Syntymäaika: %s|Lapsi syntyi %s Romaniassa.|Aikuinen, s. %s, asuu siellä.`,
		"sv": `Hon är född %s.|Födelsetid: %s|Barnet föddes %s i Rumänien.|Vuxen, f. %s, bor där.`,
		"en": `She was born on %s.|Date of birth: %s|The child, born %s in Romania.|Adult, DOB %s, lives there.`,
	},
	Address: {
		"fi": `Hän asuu osoitteessa %s.|Osoite on %s.|Meidät vietiin paikkaan %s eilen.|Tule osoitteeseen %s kello viisi.`,
		"sv": `Hon bor på %s.|Adressen är %s.|De förde oss till %s i går.|Kom till %s klockan fem.`,
		"en": `She lives at %s.|The address is %s.|They took us to %s yesterday.|Come to %s at five.`,
	},
	Name: {
		"fi": `Hänen nimensä on %s.|Tapasin eilen, hän oli %s.|Nimeni on %s ja tarvitsen apua.|Pomo on %s.|Puhuin ihmisen kanssa, %s, viime viikolla.`,
		"sv": `Hon heter %s.|I går träffade jag %s.|Jag heter %s och behöver hjälp.|Chefen är %s.|Jag talade med %s förra veckan.`,
		"en": `Her name is %s.|Yesterday I met %s.|My name is %s and I need help.|The boss is %s.|I talked to %s last week.`,
	},
}

func carrier(d draw, kind, lang string) string {
	list, own := carriers[kind]
	if !own {
		list = carriers[""]
	}
	return d.of(strings.Split(list[lang], "|")...)
}

// plainWords make sentences in which nothing names a person.
var plainWords = map[string]string{
	"fi": `Työnantaja pitää passini eikä maksa palkkaa|Soita meille milloin vain, myös yöllä|Asiakas haluaa tietää, mitä ihmiskauppa tarkoittaa|
Vaimo pelkää miestään ja haluaa turvakotiin|Laki {law} koskee vastaanottoa|Asetus tuli voimaan {lawdate}|Palkkaa luvattiin {money} euroa kuussa|
Tapaaminen on {date} kello {time}|Hän tekee töitä {few} tuntia päivässä|Meitä on {few} samassa huoneessa|Hätänumero on 112|Lasten puhelin on 116 111|
Rikosuhripäivystys 116 006 auttaa|Bussi lähtee kello {time}|Poliisi kävi paikalla viime viikolla|Auto on pihalla ja bensa loppu|
Hän tuli Suomeen vuonna {year}|Oleskelulupa on voimassa ensi vuoteen|Asunto on Helsingissä lähellä asemaa|Numero on varattu|Passi jäi lentokentälle|
Kiitos, tämä auttoi paljon|Huoneessa on {few} sänkyä ja yksi ikkuna|Toivo ei ole mennyt|Työ alkoi {date}|Velkaa on vielä {money} euroa|
Pykälä 52 b koskee harkinta-aikaa|Hallituksen esitys HE 90/2025 vp|Avoinna arkisin 8-16|Suurin osa on naisia|Olen {age} vuotta vanha|Haluan ilmoittaa nimettömänä|
Sivulla 12 kerrotaan lisää|Kohta 3.2 ei koske meitä|Lapsi on kotona yksin|Rekisterinumeroa en muista|Asiakasnumeroa ei tarvita|Henkilötunnusta ei kysytä|Ensimmäinen yö oli vaikein`,
	"sv": `Arbetsgivaren har mitt pass och betalar ingen lön|Ring oss när som helst, också på natten|Klienten vill veta vad människohandel betyder|
Hon är rädd för sin man och vill till ett skyddshem|Lagen {law} gäller mottagandet|Förordningen trädde i kraft {lawdate}|Lönen skulle vara {money} euro i månaden|
Mötet är den {date} klockan {time}|Han arbetar {few} timmar om dagen|Vi är {few} i samma rum|Nödnumret är 112|Barnens telefon är 116 111|
Brottsofferjouren 116 006 hjälper|Bussen går klockan {time}|Polisen kom förra veckan|Bilen står på gården utan bensin|
Hon kom till Finland år {year}|Uppehållstillståndet gäller till nästa år|Lägenheten är i Helsingfors nära stationen|Numret är upptaget|Passet blev kvar på flygplatsen|
Tack, det här hjälpte mycket|I rummet finns {few} sängar och ett fönster|Hoppet är inte ute|Arbetet började {date}|Skulden är ännu {money} euro|
Paragraf 52 b gäller betänketiden|Regeringens proposition RP 90/2025 rd|Öppet vardagar 8-16|De flesta är kvinnor|Jag är {age} år|Jag vill anmäla anonymt|
På sidan 12 finns mer|Punkt 3.2 gäller inte oss|Barnet är ensamt hemma|Registernumret minns jag inte|Kundnummer behövs inte|Personbeteckning frågas inte|Den första natten var svårast`,
	"en": `My employer keeps my passport and pays nothing|Call us at any hour, also at night|The client wants to know what trafficking means|
She fears her husband and wants a shelter|Act {law} covers reception|The decree came into force on {lawdate}|They promised {money} euros a month|
The meeting is on {date} at {time}|He works {few} hours a day|We are {few} in one room|The emergency number is 112|The children's line is 116 111|
Victim Support 116 006 helps|The bus leaves at {time}|The police came last week|The car is in the yard without petrol|
She came to Finland in {year}|The residence permit is valid until next year|The flat is in Helsinki near the station|The number is busy|The passport stayed at the airport|
Thank you, this helped a lot|The room has {few} beds and one window|Hope is not lost|The work began on {date}|The debt is still {money} euros|
Section 52 b is about the reflection period|Government proposal HE 90/2025 vp|Open on weekdays 8-16|Most of them are women|I am {age} years old|I want to report without a name|
Page 12 tells more|Point 3.2 is not about us|The child is home alone|I do not remember the plate|No customer number is needed|No identity code is asked|The first night was the hardest`,
}
