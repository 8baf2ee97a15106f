package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
)

// Whoever has an ID of this trust domain is let in.
var members = tlsconfig.AuthorizeMemberOf(spiffeid.RequireTrustDomainFromString("example.org"))

// serve opens a port for mutual TLS and tells each client who it is taken for.
func serve(held generation) (answer, error) {
	if held == nil {
		return nil, errors.New("no such generation")
	}
	config := tlsconfig.MTLSServerConfig(held, held, members)
	// A resumed session shows no certificate.
	config.SessionTicketsDisabled = true
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go greet(connection.(*tls.Conn))
		}
	}()
	return answer{"port": listener.Addr().(*net.TCPAddr).Port}, nil
}

func greet(connection *tls.Conn) {
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(callTimeout))
	if connection.Handshake() == nil {
		_, _ = io.WriteString(connection, nameOf(connection)+"\n")
	}
}

// dial opens a new connection and says who answered and for whom the other side takes us.
func dial(held generation, port string) (answer, error) {
	if held == nil {
		return nil, errors.New("no such generation")
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: callTimeout}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(number))
	connection, err := tls.DialWithDialer(dialer, "tcp", address, tlsconfig.MTLSClientConfig(held, held, members))
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(callTimeout))
	greeting, err := io.ReadAll(connection)
	if err != nil {
		return nil, err
	}
	return answer{"peer": nameOf(connection), "takenFor": strings.TrimSpace(string(greeting))}, nil
}

// nameOf is the SPIFFE ID and the serial that the other side showed.
func nameOf(connection *tls.Conn) string {
	var leaf *x509.Certificate = connection.ConnectionState().PeerCertificates[0]
	return leaf.URIs[0].String() + " " + leaf.SerialNumber.Text(16)
}
