// A server on Go's net/http, which is what Mattermost listens with: remembers each request it was handed, and tells of
// them on a port of its own. Prints both ports as JSON.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
)

type seen struct {
	Method string `json:"method"`
	Target string `json:"target"`
	Body   string `json:"body"`
}

func main() {
	var lock sync.Mutex
	all := []seen{}

	serve := func(handler http.HandlerFunc) int {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
		go server.Serve(listener)
		return listener.Addr().(*net.TCPAddr).Port
	}

	port := serve(func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			http.Error(writer, "body", http.StatusBadRequest)
			return
		}
		lock.Lock()
		all = append(all, seen{request.Method, request.RequestURI, base64.StdEncoding.EncodeToString(body)})
		lock.Unlock()
		writer.Write([]byte("ok"))
	})
	control := serve(func(writer http.ResponseWriter, request *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		if request.Method == http.MethodDelete {
			all = []seen{}
		}
		json.NewEncoder(writer).Encode(all)
	})
	fmt.Printf("{\"port\":%d,\"control\":%d}\n", port, control)
	// Whoever started it holds the other end.
	io.Copy(io.Discard, os.Stdin)
}
