package main

import (
	"errors"
	"sync"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

type trust = x509bundle.Source

// moment is certificate and trust as they were when they were fetched.
type moment struct {
	held *workloadapi.X509Context
}

func (m *moment) GetX509SVID() (*x509svid.SVID, error) {
	return m.held.DefaultSVID(), nil
}

func (m *moment) GetX509BundleForTrustDomain(trustDomain spiffeid.TrustDomain) (*x509bundle.Bundle, error) {
	return m.held.Bundles.GetX509BundleForTrustDomain(trustDomain)
}

// describe says who somebody is, after the certificate was verified with the trust beside it.
func describe(held generation) (answer, error) {
	if held == nil {
		return nil, errors.New("no such generation")
	}
	svid, err := held.GetX509SVID()
	if err != nil {
		return nil, err
	}
	if _, _, err = x509svid.Verify(svid.Certificates, held); err != nil {
		return nil, err
	}
	bundle, err := held.GetX509BundleForTrustDomain(svid.ID.TrustDomain())
	if err != nil {
		return nil, err
	}
	return answer{
		"spiffeId": svid.ID.String(),
		"serial":   svid.Certificates[0].SerialNumber.Text(16),
		"roots":    len(bundle.X509Authorities()),
		"hint":     svid.Hint,
	}, nil
}

// updates remembers the serial of each certificate that was pushed.
type updates struct {
	lock    sync.Mutex
	serials []string
}

func (u *updates) OnX509ContextUpdate(update *workloadapi.X509Context) {
	u.lock.Lock()
	defer u.lock.Unlock()
	u.serials = append(u.serials, update.DefaultSVID().Certificates[0].SerialNumber.Text(16))
}

func (u *updates) OnX509ContextWatchError(error) {}

func (u *updates) seen() []string {
	u.lock.Lock()
	defer u.lock.Unlock()
	return append([]string{}, u.serials...)
}
