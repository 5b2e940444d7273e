// A node that no one here wrote: Go's net/http with its defaults, stopped as its documentation says.
package main

import (
	"context"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		time.Sleep(time.Duration(rand.Intn(20)) * time.Millisecond)
		w.Header().Set("X-Demo-Node", os.Getenv("NODE_NAME"))
		io.WriteString(w, "here\n")
	})
	server := &http.Server{Handler: handler}
	stopped := make(chan struct{})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		server.Shutdown(context.Background())
		close(stopped)
	}()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	server.Serve(listener)
	<-stopped
}
