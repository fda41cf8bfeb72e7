package clients

import (
	"errors"
	"net/http"
	"time"
)

// ReportedCondition is a condition of a report.
type ReportedCondition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

type report struct {
	Adapter            string              `json:"adapter"`
	Conditions         []ReportedCondition `json:"conditions"`
	ObservedGeneration int32               `json:"observed_generation"`
	ObservedTime       string              `json:"observed_time"`
	Data               map[string]any      `json:"data,omitempty"`
}

// Deed is what an adapter did about an event.
type Deed string

// The deeds of an adapter.
const (
	Reported Deed = "reported"
	Removing Deed = "removing"
	Removed  Deed = "removed"
	// Gone: the resource is no longer there; an adapter takes that quietly.
	Gone Deed = "gone"
)

// Adapter looks at the resource of an event, does its work and reports.
type Adapter interface {
	Handle(event Event) (Deed, error)
}

// DocumentsAdapter knows no deletion: it applies its objects whenever it is asked, and POSTs.
type DocumentsAdapter struct {
	API  API
	Name string
}

// Handle reports that everything is available.
func (a DocumentsAdapter) Handle(event Event) (Deed, error) {
	resource, err := read(a.API, event)
	if err != nil {
		return quietly(err)
	}
	conditions := []ReportedCondition{
		{"Applied", "True", "ResourcesApplied", ""},
		{"Available", "True", "Ready", ""},
		{"Health", "True", "Healthy", ""},
	}
	return send(a.API, http.MethodPost, event, Reported, report{
		Adapter:            a.Name,
		Conditions:         conditions,
		ObservedGeneration: resource.Generation,
		ObservedTime:       time.Now().Format(time.RFC3339),
	})
}

// CurrentAdapter has a delete phase, and PUTs.
type CurrentAdapter struct {
	API  API
	Name string
	// Rounds is how many events of a deletion it takes until its objects are gone.
	Rounds int
	rounds map[string]int
}

// Handle applies its objects, or removes them while the resource is being deleted.
func (a *CurrentAdapter) Handle(event Event) (Deed, error) {
	resource, err := read(a.API, event)
	if err != nil {
		return quietly(err)
	}
	deed, available, finalized := Reported, "True", "False"
	reason, message := "", ""
	if resource.DeletedTime != nil {
		if a.rounds == nil {
			a.rounds = map[string]int{}
		}
		a.rounds[event.ID]++
		deed, available = Removing, "False"
		reason, message = "CleanupInProgress", "Deletion in progress; waiting for namespace to be removed"
		if a.rounds[event.ID] >= a.Rounds {
			deed, finalized = Removed, "True"
			reason, message = "CleanupConfirmed", "All resources deleted; cleanup confirmed"
		}
	}
	conditions := []ReportedCondition{
		{"Applied", available, "JobApplied", ""},
		{"Available", available, "JobComplete", ""},
		{"Health", "True", "Healthy", ""},
		{"Finalized", finalized, reason, message},
	}
	return send(a.API, http.MethodPut, event, deed, report{
		Adapter:            a.Name,
		Conditions:         conditions,
		ObservedGeneration: resource.Generation,
		ObservedTime:       time.Now().Format("2006-01-02T15:04:05Z07:00"),
		Data:               map[string]any{"namespace": map[string]any{"name": event.ID, "status": "Active"}},
	})
}

func addressOf(event Event) string {
	if event.Kind == "NodePool" {
		return "/clusters/" + event.Owner.ID + "/nodepools/" + event.ID
	}
	return "/clusters/" + event.ID
}

func read(api API, event Event) (Resource, error) {
	var resource Resource
	_, err := api.Call(http.MethodGet, addressOf(event), nil, &resource)
	return resource, err
}

func send(api API, method string, event Event, deed Deed, body report) (Deed, error) {
	if _, err := api.Call(method, addressOf(event)+"/statuses", body, nil); err != nil {
		return quietly(err)
	}
	return deed, nil
}

// quietly takes a 404 of a resource for "gone"; that of a route that does not exist is a fault.
func quietly(err error) (Deed, error) {
	var problem *Problem
	if errors.As(err, &problem) && problem.Status == http.StatusNotFound && problem.Code != "HYPERFLEET-NTF-000" {
		return Gone, nil
	}
	return "", err
}
