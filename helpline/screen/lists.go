package screen

// firstNames are common first names of people who live in Finland or come there, in small letters.
var firstNames = wordSet(`
	aino anna maria johanna helena liisa anneli kaarina kristiina emilia sofia olivia matilda ida julia amanda eeva sari tiina minna heidi
	laura hanna jenni katja kaisa elina riikka sanna outi päivi pirjo ritva leena tuula raija seija eila irma helmi elsa ella emma
	eevi venla linnea isla lilja aurora elli vilma nea iida veera jenna noora roosa saara sara sonja susanna marika mervi merja
	marjatta marja-leena kirsi kati katri katariina ulla virpi tarja taina sirpa terttu maija mari marjut niina nina oona petra
	pia reetta riitta sini siiri sirkka suvi tanja teija tuulikki ursula vappu
	juha juhani matti mikko antti pekka timo kari jari jukka markku hannu heikki mika janne sami ville jussi lauri eero eino olli
	oskari otto eetu leo elias onni-petteri oliver aleksi aleksanteri juho joonas joni jesse jere jarkko petri pasi pertti perttu
	seppo risto reijo tapani tapio kalevi kalle kimmo esa erkki arto ari aki ilkka ismo jaakko jouni juhana jyrki kalervo
	marko mauri miika miro niko niklas olavi osmo paavo panu pauli rauno raimo riku roope sakari samuel samuli santeri sebastian
	simo tatu teemu tero toni topi tommi tuomas tuomo valtteri veikko vesa viljami väinö ahti aatos aapo
	anders anna-karin annika astrid axel birgitta björn bo camilla carina carl carola cecilia christer christian christina elin
	elisabet elisabeth emil erik eva filip frida fredrik gunilla gunnar gun gustav göran hans harriet henrik ingrid jan-erik jessica
	johan johannes jonas josefin karin karl katarina kenneth kerstin kjell kristina lars lena lennart linda lisa louise magnus malin
	margareta maria-christina mats mattias micaela mikael monica niclas nils olof oscar patrik per-erik pernilla peter pontus
	rebecka robert sofie stefan sven thomas tobias tomas ulrika viktor viktoria åke åsa östen solveig sören
	james john michael david william richard joseph charles thomas christopher daniel matthew anthony mark steven paul andrew
	joshua kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin
	mary patricia jennifer barbara sarah karen nancy betty margaret sandra ashley kimberly emily michelle carol amanda dorothy
	melissa deborah stephanie rebecca sharon kathleen amy angela shirley brenda pamela nicole katherine samantha christine
	rachel carolyn janet catherine grace-mary alice charlotte lucy hannah megan chloe jessie
	ahmed mohamed muhammad mohammed mohammad ali hassan hussein ibrahim omar yusuf fatima aisha amina khadija leila layla maryam
	zainab abdi abdullah abdirahman hamza khalid mustafa samir tariq yasin zahra nadia noor rania salma yasmin farah hodan ayaan
	halima ifrah faduma nasra sahra mahad liban abshir
	ivan dmitri sergei aleksei alexei andrei mikhail nikolai vladimir oleg igor yuri boris pavel maksim natalia natasha olga
	tatiana tatjana svetlana irina elena ekaterina jekaterina anastasia oksana galina ludmila lyudmila marina valentina vera-maria
	yulia julija oleksandr andriy serhiy volodymyr mykola taras bohdan yevhen kateryna iryna yana alina daria darya kseniya
	katrin kadri liis piret tiiu urmas tõnu priit jaan andres mart margus
	nguyen linh huong thuy tuan minh hoang duc mei xiao wei lei jing ying fang chen-li somchai somsak malee siriporn kanya
	maria-luisa jose juan carlos luis miguel pedro rosa-maria carmen lucia guadalupe ana isabel fernando jorge alejandro
	blessing-joy precious-joy chidi emeka ngozi chinwe adaeze ifeoma osas efe oluwaseun tunde funmi kwame kofi ama abena
	priya anjali sunita rajesh suresh ramesh sanjay amit deepak pooja neha ravi kumar bishnu sita-devi ram-bahadur gita-devi
	mihai ion-andrei andreea elena-maria ioana cristina florin gheorghe ionut vasile dumitru bogdan raluca simona
`)

// wordNames are first names that are everyday words or towns as well: names only with another name.
var wordNames = wordSet(`
	toivo onni ilo rauha lahja armas tuuli pilvi satu vieno marja kaino meri aamu oiva aarre taisto voitto veli usko urho tahto taimi
	kukka ruusu orvokki vuokko kielo sisko inka kaisla lumi säde sade taika tähti usva vesi sulo soini tarmo terho unto vilho ahto arvo
	hilma impi into jalo kaarlo kauko kuisma lempi mainio nuutti orvo otso paju pyry raino sointu tauno tyyne tyyni venni
	grace joy faith hope rose lily daisy mark bill will may june april summer dawn jack frank grant miles chase precious blessing mercy
	gloria victoria charity patience rosa sten stig dag per jan bo bror liv siv tor ram sita gita ion son can lin an li van
	vera eden sky robin ray dan pat max art drew hunter mason cooper carter paris sydney jordan chelsea florence sharia
`)

// familyNames are the commonest family names, in small letters.
var familyNames = wordSet(`
	korhonen virtanen mäkinen nieminen mäkelä hämäläinen laine heikkinen koskinen järvinen lehtonen lehtinen saarinen salminen
	heinonen niemi heikkilä kinnunen salonen turunen salo laitinen tuominen rantanen karjalainen jokinen mattila savolainen lahtinen
	ahonen ojala leppänen väisänen hiltunen miettinen kallio leinonen pitkänen aaltonen manninen hakala koivisto anttila laaksonen
	hirvonen lehto räsänen laakso toivonen mustonen rantala nurmi aalto peltonen seppänen moilanen halonen lindholm kettunen kemppainen
	partanen salmi lappalainen kärkkäinen nurminen vainio kokkonen hänninen karppinen pulkkinen oksanen nykänen ikonen huttunen
	johansson nyman lindström karlsson andersson lindqvist eriksson lindberg sjöblom gustafsson svensson nilsson persson olsson larsson
	pettersson bergström sandström holmström söderholm söderström westerlund forsman backman nordström engström ekholm hellström
	smith jones williams taylor davies evans wilson johnson robinson wright thompson walker edwards hughes anderson thomas
	ivanov ivanova petrov petrova smirnov smirnova kuznetsov kuznetsova popov popova volkov volkova sokolov sokolova shevchenko kovalenko
	bondarenko tkachenko kravchenko oliynyk shevchuk melnyk nguyen tran pham huynh wang zhang singh sharma tamang gurung thapa
	popescu ionescu radu stan okafor adeyemi okonkwo mensah hussain khan abdi warsame farah osman tamm saar mägi kask
`)
