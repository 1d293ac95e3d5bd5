package rest_test

import (
	"net"
	"net/http/httptest"
	"regexp"
	"strconv"
	"testing"

	"slipway.dev/executor/graph"
)

func endpoint(server *httptest.Server) graph.Endpoint {
	host, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	number, _ := strconv.Atoi(port)
	return graph.Endpoint{ServiceHost: host, HTTPPort: number}
}

func TestEveryRequestHasAnID(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("t", transformer, adds("t"), s.unit("m", model, adds("m"))))
	made := s.post(`{}`).header.Get("Seldon-Puid")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(made) {
		t.Fatalf("%q is no random UUID", made)
	}
	equal(t, s.calls[0].header.Get("Seldon-Puid"), made)
	equal(t, s.calls[1].header.Get("Seldon-Puid"), made)
	if again := s.post(`{}`).header.Get("Seldon-Puid"); again == made {
		t.Fatal("two requests have one id")
	}
	equal(t, s.do("POST", "/api/v1.0/predictions", `{}`, "Seldon-Puid", "mine").header.Get("Seldon-Puid"), "mine")
	equal(t, s.calls[4].header.Get("Seldon-Puid"), "mine")
}

func TestHeadersReachTheUnits(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, says(`{}`)))
	s.do("POST", "/api/v1.0/predictions", `{}`, "traceparent", "00-a-b-01", "uber-trace-id", "1:2:0:1", "X-Mine", "a",
		"Connection", "close", "User-Agent", "me")
	header := s.calls[0].header
	for name, want := range map[string]string{
		"Traceparent": "00-a-b-01", "Uber-Trace-Id": "1:2:0:1", "X-Mine": "a", "User-Agent": "me", "Connection": "",
		"X-Idempotency-Key": "", "Content-Type": "application/json",
	} {
		equal(t, header.Get(name), want)
	}
}

func TestBrowsersOfOtherOriginsMayAsk(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, says(`{}`)))
	for _, answer := range []answer{s.do("OPTIONS", "/api/v1.0/predictions", ""), s.post(`{}`)} {
		equal(t, answer.code, 200)
		equal(t, answer.header.Get("Access-Control-Allow-Origin"), "*")
		equal(t, answer.header.Get("Access-Control-Allow-Methods"), "OPTIONS,POST")
		equal(t, answer.header.Get("X-Content-Type-Options"), "nosniff")
	}
	equal(t, len(s.calls), 1)
}

func TestACloudEventIsAnsweredWithOne(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, says(`{}`)))
	equal(t, s.post(`{}`).header.Get("Ce-Id"), "")
	header := s.do("POST", "/api/v1.0/predictions", `{}`, "Ce-Specversion", "1.0", "Seldon-Puid", "p").header
	for name, want := range map[string]string{
		"Ce-Id": "p", "Ce-Specversion": "0.3", "Ce-Path": "/api/v1.0/predictions", "Ce-Type": "seldon.d.n.response",
		"Ce-Source": "seldon.d",
	} {
		equal(t, header.Get(name), want)
	}
}

func TestAnswersAreNoPages(t *testing.T) {
	s := newStand(t)
	s.serve("seldon", s.unit("m", model, says(`{"strData":"<b>&"}`)))
	answer := s.post(`{}`)
	equal(t, answer.body, `{"strData":"\u003cb\u003e\u0026"}`)
	equal(t, answer.header.Get("Content-Length"), strconv.Itoa(len(answer.body)))
}
