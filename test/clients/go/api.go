// Package clients holds a Sentinel and an adapter of each generation of clients: they send what the real ones send, read
// what those read, and decide by the rules that those ship with.
package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const basePath = "/api/hyperfleet/v1"

// Condition is a condition of a resource, as both generations decode it: a time that is not RFC 3339 fails the whole list.
type Condition struct {
	Type               string    `json:"type"`
	Status             string    `json:"status"`
	ObservedGeneration int32     `json:"observed_generation"`
	LastUpdatedTime    time.Time `json:"last_updated_time"`
	LastTransitionTime time.Time `json:"last_transition_time"`
}

// Reference names the owner of a nodepool.
type Reference struct {
	ID   string `json:"id"`
	Href string `json:"href"`
	Kind string `json:"kind"`
}

// Resource is a cluster or a nodepool.
type Resource struct {
	ID              string            `json:"id"`
	Kind            string            `json:"kind"`
	Href            string            `json:"href"`
	Name            string            `json:"name"`
	Generation      int32             `json:"generation"`
	Labels          map[string]string `json:"labels"`
	CreatedTime     time.Time         `json:"created_time"`
	UpdatedTime     time.Time         `json:"updated_time"`
	CreatedBy       string            `json:"created_by"`
	DeletedTime     *time.Time        `json:"deleted_time"`
	OwnerReferences *Reference        `json:"owner_references"`
	Status          struct {
		Conditions []Condition `json:"conditions"`
	} `json:"status"`
}

// Condition finds a condition by its type.
func (r Resource) Condition(name string) (Condition, bool) {
	for _, condition := range r.Status.Conditions {
		if condition.Type == name {
			return condition, true
		}
	}
	return Condition{}, false
}

type list struct {
	Items []Resource `json:"items"`
	Total int64      `json:"total"`
}

// Problem is an answer of 400 and above.
type Problem struct {
	Status int
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// API calls one server.
type API struct {
	// Origin is scheme, host and port.
	Origin string
	// Agent is what the client calls itself.
	Agent string
}

// Call sends a request with a JSON body, if there is one, and decodes the answer into `into`, if there is one.
func (a API) Call(method, path string, body, into any) (status int, err error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, a.Origin+basePath+path, content)
	if err != nil {
		return 0, err
	}
	request.Header.Set("User-Agent", a.Agent)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode >= 400 {
		problem := &Problem{Status: response.StatusCode}
		_ = json.Unmarshal(text, problem)
		problem.Status = response.StatusCode
		return response.StatusCode, problem
	}
	if into == nil || len(text) == 0 {
		return response.StatusCode, nil
	}
	return response.StatusCode, json.Unmarshal(text, into)
}

func (a API) search(plural, search string, page, size int) (list, error) {
	query := url.Values{}
	if search != "" {
		query.Set("search", search)
	}
	if size > 0 {
		query.Set("page", fmt.Sprint(page))
		query.Set("size", fmt.Sprint(size))
	}
	var found list
	_, err := a.Call(http.MethodGet, "/"+plural+"?"+query.Encode(), nil, &found)
	return found, err
}
