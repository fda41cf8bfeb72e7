package clients

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The servers require the adapters dns and validator for clusters, and pool for nodepools.
var required = map[string][]string{"clusters": {"dns", "validator"}, "nodepools": {"pool"}}

// A mode is a value of HYPERFLEET_COMPATIBILITY.
type mode string

const (
	documents mode = "documents"
	both      mode = "both"
	current   mode = "current"
)

// serve runs a server in this mode until the test ends, and returns its origin.
func (m mode) serve(t *testing.T) string {
	t.Helper()
	program := os.Getenv("HYPERFLEET_TEST_PROGRAM")
	if program == "" {
		t.Fatal("HYPERFLEET_TEST_PROGRAM must be the path of hyperfleet.js: run npm run test:clients -- go")
	}
	flags := []string{program, "serve", "--server-port", "0", "--health-port", "0", "--metrics-port", "0"}
	server := exec.Command("node", append(flags, "--storage-path", filepath.Join(t.TempDir(), "data"))...)
	server.Env = append(os.Environ(),
		"HYPERFLEET_COMPATIBILITY="+string(m),
		`HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER=["dns","validator"]`,
		`HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL=["pool"]`,
	)
	server.Stderr = os.Stderr
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		var line struct{ Msg, API string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "ready" {
			go func() {
				for lines.Scan() {
				}
			}()
			return strings.TrimSuffix(line.API, basePath)
		}
	}
	t.Fatal("the server does not start")
	return ""
}

// A generation makes the clients of one generation.
type generation struct {
	name     string
	sentinel func(api API, plural string) Sentinel
	adapter  func(api API, name string) Adapter
}

var ofDocuments = generation{
	name:     "documents",
	sentinel: func(api API, plural string) Sentinel { return DocumentsSentinel{API: api, Plural: plural} },
	adapter:  func(api API, name string) Adapter { return DocumentsAdapter{API: api, Name: name} },
}

var ofToday = generation{
	name:     "current",
	sentinel: func(api API, plural string) Sentinel { return CurrentSentinel{API: api, Plural: plural, PageSize: 20} },
	adapter:  func(api API, name string) Adapter { return &CurrentAdapter{API: api, Name: name, Rounds: 2} },
}

// A fleet is a server with a Sentinel for each kind and the required adapters, all of one generation.
type fleet struct {
	t         *testing.T
	api       API
	sentinels map[string]Sentinel
	adapters  map[string][]Adapter
}

func newFleet(t *testing.T, m mode, g generation) *fleet {
	origin := m.serve(t)
	api := func(agent string) API { return API{Origin: origin, Agent: agent} }
	f := &fleet{t: t, api: api("test"), sentinels: map[string]Sentinel{}, adapters: map[string][]Adapter{}}
	for plural, names := range required {
		f.sentinels[plural] = g.sentinel(api("hyperfleet-sentinel/test ("+plural+")"), plural)
		for _, name := range names {
			f.adapters[plural] = append(f.adapters[plural], g.adapter(api("hyperfleet-adapter/test"), name))
		}
	}
	return f
}

func (f *fleet) must(status int, method, path string, body, into any) {
	f.t.Helper()
	got, err := f.api.Call(method, path, body, into)
	if got != status {
		f.t.Fatalf("%s %s: %d in place of %d: %v", method, path, got, status, err)
	}
	if err != nil && status < 400 {
		f.t.Fatal(err)
	}
}

func (f *fleet) cluster(name string) Resource {
	f.t.Helper()
	var made Resource
	body := map[string]any{"kind": "Cluster", "name": name, "spec": map[string]any{"region": "eu"}}
	f.must(http.StatusCreated, http.MethodPost, "/clusters", body, &made)
	return made
}

func (f *fleet) nodepool(cluster Resource, name string) Resource {
	f.t.Helper()
	var made Resource
	body := map[string]any{"kind": "NodePool", "name": name, "spec": map[string]any{}}
	f.must(http.StatusCreated, http.MethodPost, "/clusters/"+cluster.ID+"/nodepools", body, &made)
	return made
}

// poll has every Sentinel look at its kind, with a clock that is `later`, and counts the events for each id.
func (f *fleet) poll(later time.Duration) (events []Event, published map[string]int) {
	f.t.Helper()
	published = map[string]int{}
	for _, plural := range []string{"clusters", "nodepools"} {
		found, err := f.sentinels[plural].Poll(time.Now().Add(later))
		if err != nil {
			f.t.Fatal(err)
		}
		for _, event := range found {
			published[event.ID]++
		}
		events = append(events, found...)
	}
	return events, published
}

// work gives events to the adapters of their kind.
func (f *fleet) work(events []Event) (deeds map[Deed]int) {
	f.t.Helper()
	deeds = map[Deed]int{}
	for _, event := range events {
		plural := strings.ToLower(event.Kind) + "s"
		for _, adapter := range f.adapters[plural] {
			deed, err := adapter.Handle(event)
			if err != nil {
				f.t.Fatal(err)
			}
			deeds[deed]++
		}
	}
	return deeds
}

// round is a poll after the pause in which both generations hold events back, and the work that it asks for.
func (f *fleet) round() map[string]int {
	f.t.Helper()
	events, published := f.poll(11 * time.Second)
	f.work(events)
	return published
}

func (f *fleet) expect(what string, published map[string]int, ids ...string) {
	f.t.Helper()
	wanted := map[string]int{}
	for _, id := range ids {
		wanted[id] = 1
	}
	if fmt.Sprint(published) != fmt.Sprint(wanted) {
		f.t.Fatalf("%s: events for %v in place of one for each of %v", what, published, ids)
	}
}

func (f *fleet) settled() {
	f.t.Helper()
	for i := 0; i < 3; i++ {
		_, published := f.poll(2 * time.Second)
		f.expect("a settled fleet", published)
	}
}

// forEach runs a test with each generation in the modes that serve it.
func forEach(t *testing.T, test func(t *testing.T, f *fleet, m mode, g generation)) {
	served := []struct {
		mode       mode
		generation generation
	}{{documents, ofDocuments}, {both, ofDocuments}, {both, ofToday}, {current, ofToday}}
	for _, pair := range served {
		t.Run(fmt.Sprintf("clients of %s under %s", pair.generation.name, pair.mode), func(t *testing.T) {
			test(t, newFleet(t, pair.mode, pair.generation), pair.mode, pair.generation)
		})
	}
}

// Contract 1.5, 6.4, 6.14: an event for what is new, stale or changed, and none for what is settled.
func TestEvents(t *testing.T) {
	forEach(t, func(t *testing.T, f *fleet, m mode, g generation) {
		cluster := f.cluster("first")
		nodepool := f.nodepool(cluster, "workers")
		f.expect("new resources", f.round(), cluster.ID, nodepool.ID)
		f.settled()
		_, stale := f.poll(31 * time.Minute)
		f.expect("after half an hour", stale, cluster.ID, nodepool.ID)

		changed := map[string]any{"spec": map[string]any{"region": "us"}}
		f.must(http.StatusOK, http.MethodPatch, "/clusters/"+cluster.ID, changed, nil)
		f.expect("a changed spec", f.round(), cluster.ID)
		f.settled()

		labelled := map[string]any{"labels": map[string]string{"env": "test"}}
		f.must(http.StatusOK, http.MethodPatch, "/clusters/"+cluster.ID, labelled, nil)
		if m == documents {
			f.expect("changed labels", f.round())
		} else {
			f.expect("changed labels", f.round(), cluster.ID)
		}
		f.settled()
	})
}

// 300 resources over 15 pages: each gets one event, and then none.
func TestNoStorm(t *testing.T) {
	forEach(t, func(t *testing.T, f *fleet, m mode, g generation) {
		const size = 300
		ids := []string{}
		for i := 0; i < size; i++ {
			ids = append(ids, f.cluster(fmt.Sprintf("storm-%03d", i)).ID)
		}
		// The documents' Sentinel reads first pages only, so it takes several rounds for all.
		all := map[string]int{}
		for rounds := 0; rounds < 10 && len(all) < size; rounds++ {
			for id, count := range f.round() {
				all[id] += count
			}
		}
		f.expect("all", all, ids...)
		f.settled()
	})
}

// Under documents today's Sentinel finds no Reconciled: an event for each resource at every poll, for ever.
func TestTodaysSentinelUnderDocuments(t *testing.T) {
	f := newFleet(t, documents, ofToday)
	cluster := f.cluster("stormy")
	f.round()
	for i := 0; i < 3; i++ {
		_, published := f.poll(0)
		f.expect("every poll", published, cluster.ID)
	}
}

// Under current the documents' Sentinel finds no Ready, and the documents' adapters may not POST.
func TestDocumentsClientsUnderCurrent(t *testing.T) {
	f := newFleet(t, current, ofDocuments)
	cluster := f.cluster("unseen")
	_, published := f.poll(time.Hour)
	f.expect("nothing is found", published)
	_, err := f.adapters["clusters"][0].Handle(Event{ID: cluster.ID, Kind: "Cluster"})
	var problem *Problem
	if !errors.As(err, &problem) || problem.Status != http.StatusMethodNotAllowed {
		t.Fatalf("a POST of a status: %v", err)
	}
}

// Contract 11.8: today's adapters finish a deletion, and the cluster is removed with the last report.
func TestDeletion(t *testing.T) {
	for _, m := range []mode{both, current} {
		t.Run(string(m), func(t *testing.T) {
			f := newFleet(t, m, ofToday)
			cluster := f.cluster("doomed")
			nodepool := f.nodepool(cluster, "workers")
			f.round()
			f.settled()
			var marked Resource
			f.must(http.StatusAccepted, http.MethodDelete, "/clusters/"+cluster.ID, nil, &marked)
			if marked.DeletedTime == nil || marked.Generation != 2 {
				t.Fatalf("after DELETE: %+v", marked)
			}
			f.must(http.StatusConflict, http.MethodPatch, "/clusters/"+cluster.ID, map[string]any{"spec": map[string]any{}}, nil)
			f.expect("both are to be deleted", f.round(), cluster.ID, nodepool.ID)
			for rounds := 0; rounds < 3; rounds++ {
				f.round()
			}
			f.must(http.StatusNotFound, http.MethodGet, "/clusters/"+cluster.ID, nil, nil)
			f.must(http.StatusNotFound, http.MethodGet, "/nodepools/"+nodepool.ID, nil, nil)
			f.settled()
			late := f.work([]Event{{ID: cluster.ID, Kind: "Cluster"}})
			if late[Gone] != 2 {
				t.Fatalf("a late event: %v", late)
			}
			again := f.cluster("doomed")
			if again.ID == cluster.ID || again.Generation != 1 {
				t.Fatalf("the name is used again: %+v", again)
			}
		})
	}
}

// Contract 11.12: adapters of the documents' generation never report Finalized. Sentinels keep asking, and a force deletion ends it.
func TestDeletionWithoutFinalized(t *testing.T) {
	for _, m := range []mode{documents, both} {
		t.Run(string(m), func(t *testing.T) {
			f := newFleet(t, m, ofDocuments)
			cluster := f.cluster("stuck")
			f.round()
			f.must(http.StatusAccepted, http.MethodDelete, "/clusters/"+cluster.ID, nil, nil)
			f.expect("it is to be deleted", f.round(), cluster.ID)
			f.expect("and still is", f.round(), cluster.ID)
			f.must(http.StatusOK, http.MethodGet, "/clusters/"+cluster.ID, nil, nil)
			reason := map[string]string{"reason": "its adapters know no deletion"}
			f.must(http.StatusNoContent, http.MethodPost, "/clusters/"+cluster.ID+"/force-delete", reason, nil)
			f.must(http.StatusNotFound, http.MethodGet, "/clusters/"+cluster.ID, nil, nil)
		})
	}
}
