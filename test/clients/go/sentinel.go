package clients

import (
	"fmt"
	"strings"
	"time"
)

// Event asks the adapters to look at a resource.
type Event struct {
	Type   string
	ID     string
	Kind   string
	Owner  *Reference
	Reason string
}

// Sentinel polls one kind of resource and publishes an event for each resource that needs one.
type Sentinel interface {
	// Poll is one round; now is the Sentinel's clock.
	Poll(now time.Time) ([]Event, error)
}

// DocumentsSentinel is of the documents' generation: two searches, the first page of each, and the condition Ready.
type DocumentsSentinel struct {
	API    API
	Plural string
}

const (
	maxAgeReady    = 30 * time.Minute
	maxAgeNotReady = 10 * time.Second
)

// Poll searches what is not ready and what has been ready for longer than the maximum age.
func (s DocumentsSentinel) Poll(now time.Time) ([]Event, error) {
	// The time is local and carries its offset, as the real one writes it.
	stale := now.Add(-maxAgeReady).In(time.FixedZone("", 2*60*60)).Format(time.RFC3339)
	searches := []string{
		"status.conditions.Ready='False'",
		fmt.Sprintf("status.conditions.Ready='True' and status.conditions.Ready.last_updated_time < '%s'", stale),
	}
	seen := map[string]bool{}
	var events []Event
	for _, search := range searches {
		found, err := s.API.search(s.Plural, search, 0, 0)
		if err != nil {
			return nil, err
		}
		for _, resource := range found.Items {
			if !strings.Contains(resource.CreatedBy, "@") {
				return nil, fmt.Errorf("created_by %q is no e-mail address: the generated client refuses the list", resource.CreatedBy)
			}
			if seen[resource.ID] {
				continue
			}
			seen[resource.ID] = true
			if reason := s.decide(resource, now); reason != "" {
				events = append(events, eventOf(resource, resource.Kind, reason))
			}
		}
	}
	return events, nil
}

func (s DocumentsSentinel) decide(resource Resource, now time.Time) string {
	ready, _ := resource.Condition("Ready")
	maxAge := maxAgeNotReady
	if ready.Status == "True" {
		maxAge = maxAgeReady
	}
	switch {
	case ready.LastUpdatedTime.IsZero():
		return "never processed"
	case resource.Generation > ready.ObservedGeneration:
		return "generation changed"
	case !now.Before(ready.LastUpdatedTime.Add(maxAge)):
		return "max age exceeded"
	}
	return ""
}

// CurrentSentinel is of today's generation: all pages, and its default decision over the condition Reconciled.
type CurrentSentinel struct {
	API      API
	Plural   string
	PageSize int
	Selector map[string]string
}

// Poll reads every page of what the selector matches.
func (s CurrentSentinel) Poll(now time.Time) ([]Event, error) {
	var parts []string
	for key, value := range s.Selector {
		parts = append(parts, fmt.Sprintf("labels.%s='%s'", key, strings.ReplaceAll(value, "'", "''")))
	}
	var all []Resource
	for page := 1; ; page++ {
		found, err := s.API.search(s.Plural, strings.Join(parts, " and "), page, s.PageSize)
		if err != nil {
			return nil, err
		}
		all = append(all, found.Items...)
		if len(found.Items) == 0 || int64(len(all)) >= found.Total {
			break
		}
	}
	var events []Event
	for _, resource := range all {
		if reason := s.decide(resource, now); reason != "" {
			events = append(events, eventOf(resource, strings.ToLower(resource.Kind), reason))
		}
	}
	return events, nil
}

func (s CurrentSentinel) decide(resource Resource, now time.Time) string {
	// A condition that is missing reads as status "", generation 0 and no time.
	reconciled, isThere := resource.Condition("Reconciled")
	age := now.Sub(reconciled.LastUpdatedTime)
	isReconciled := reconciled.Status == "True"
	switch {
	case resource.Generation == 1 && !isThere:
		return "new resource"
	case resource.Generation > reconciled.ObservedGeneration:
		return "generation mismatch"
	case isReconciled && isThere && age > maxAgeReady:
		return "reconciled and stale"
	case !isReconciled && isThere && age > maxAgeNotReady:
		return "not reconciled and debounced"
	}
	return ""
}

func eventOf(resource Resource, kind, reason string) Event {
	return Event{
		Type:   fmt.Sprintf("com.redhat.hyperfleet.%s.reconcile", kind),
		ID:     resource.ID,
		Kind:   resource.Kind,
		Owner:  resource.OwnerReferences,
		Reason: reason,
	}
}
