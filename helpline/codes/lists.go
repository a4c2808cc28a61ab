package codes

import (
	"fmt"
	"path"
	"strings"
)

// all is filled before the variables below, which are taken from it.
var all = load()

// The lists, each of the file of the same name.
var (
	// AgeGroup: age of the possible victim.
	AgeGroup = list("age_group")
	// Asks: what the person taps on the page.
	Asks = list("asks")
	// Assessment: the adviser's view of the matter.
	Assessment = list("assessment")
	// CallbackResult: how a try to call back went.
	CallbackResult = list("callback_result")
	// OutcomeChannel: how the contact came, as the outcome tells it (the wire itself knows chat and callback).
	OutcomeChannel = list("channel")
	// ChaseAction: how a receiver was reminded.
	ChaseAction = list("chase_action")
	// ConsentItem: what consent was asked for.
	ConsentItem = list("consent_item")
	// ConsentState: what became of the asking.
	ConsentState = list("consent_state")
	// ContactRole: who the contact is.
	ContactRole = list("contact_role")
	// DangerClose: how a danger was closed.
	DangerClose = list("danger_close")
	// DeclineReason: why a referral came to nothing.
	DeclineReason = list("decline_reason")
	// DestinationKind: where a referral or advice points.
	DestinationKind = list("destination_kind")
	// DisclosureGround: statutory ground of a disclosure without consent.
	DisclosureGround = list("disclosure_ground")
	// Duty: state of an adviser's duty.
	Duty = list("duty")
	// EndReason: why an adviser ends a contact.
	EndReason = list("end_reason")
	// ExploitationForm: form of exploitation.
	ExploitationForm = list("exploitation_form")
	// Indicator: sign of trafficking, never proof.
	Indicator = list("indicator")
	// InterpreterState: whether an interpreter was needed.
	InterpreterState = list("interpreter_state")
	// Lane: lane of the queue.
	Lane = list("lane")
	// Language: language of the talk.
	Language = list("language")
	// LeaveKind: how a person leaves.
	LeaveKind = list("leave_kind")
	// Matter: whether the matter is new.
	Matter = list("matter")
	// MissingValue: why a value is not there; every scalar of Answers takes these too.
	MissingValue = list("missing_value")
	// OfferDecline: why an adviser declines an offer.
	OfferDecline = list("offer_decline")
	// OrganisationKind: kind of organisation.
	OrganisationKind = list("organisation_kind")
	// Outcome: what the contact led to.
	Outcome = list("outcome")
	// PauseReason: why an adviser pauses.
	PauseReason = list("pause_reason")
	// Persons: how many possible victims.
	Persons = list("persons")
	// PlaceScope: where it happened, coarsely.
	PlaceScope = list("place_scope")
	// PlaceSetting: kind of place.
	PlaceSetting = list("place_setting")
	// ProposalDecision: decision on a proposal.
	ProposalDecision = list("proposal_decision")
	// ReceiptVia: how a receipt came.
	ReceiptVia = list("receipt_via")
	// ReferralState: state of a referral.
	ReferralState = list("referral_state")
	// Sector: line of work.
	Sector = list("sector")
	// Sex: sex of the possible victim.
	Sex = list("sex")
	// Topic: what the contact was about.
	Topic = list("topic")
	// Urgency: urgency; absent means routine.
	Urgency = list("urgency")
	// The groups in which statistics count the codes of other lists.
	RoleGroup         = list("role_group")
	TopicGroup        = list("topic_group")
	OutcomeGroup      = list("outcome_group") // the weightiest first: a contact counts in its first
	FormGroup         = list("form_group")
	PlaceGroup        = list("place_group")
	AgeClass          = list("age_class")
	LanguageGroup     = list("language_group")
	OrganisationGroup = list("organisation_group") // each of at least three kinds of organisation
	// Citizenship: of the possible victim, in three groups.
	Citizenship = list("citizenship")
)

func load() map[string]*List {
	entries, err := data.ReadDir("data")
	if err != nil {
		panic(fmt.Errorf("read code lists: %w", err))
	}
	texts := map[string]string{"citizenship": citizenshipCSV}
	for _, e := range entries {
		text, err := data.ReadFile(path.Join("data", e.Name()))
		if err != nil {
			panic(fmt.Errorf("read code list: %w", err))
		}
		texts[strings.TrimSuffix(e.Name(), ".csv")] = string(text)
	}
	lists := make(map[string]*List, len(texts))
	for name, text := range texts {
		l, err := parse(name, text)
		if err != nil {
			panic(err)
		}
		lists[name] = l
	}
	for name, by := range groups {
		for code, group := range lists[name].group {
			if lists[by] == nil || !lists[by].Has(group) {
				panic(fmt.Errorf("group of %s in list %s: %w", code, name, errList))
			}
		}
	}
	return lists
}

// list panics for a name without data, so that a file that went missing stops the start.
func list(name string) *List {
	l, ok := all[name]
	if !ok {
		panic("no code list " + name)
	}
	return l
}
