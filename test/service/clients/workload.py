"""A SPIFFE workload made with the PyPI package `spiffe`, led line by line like go-spiffe/main.go: each line of
standard input is a command, each line of standard output its answer as JSON. What the commands are stands in
workload.ts. Certificates are shown and verified by Python's own TLS."""

import json
import os
import socket
import ssl
import sys
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from spiffe import JwtSvid, TrustDomain, WorkloadApiClient, X509Source

TIMEOUT_SECONDS = 20
TRUST_DOMAIN = TrustDomain('example.org')


class Workload:
    def __init__(self):
        self.client = WorkloadApiClient()
        self.generations = {}
        self.serials = []

    def keep(self, name):
        """Fetches certificate and trust once and holds on to them."""
        context = self.client.fetch_x509_context(timeout=TIMEOUT_SECONDS)
        self.generations[name] = lambda: context
        return self.show(name)

    def follow(self, name):
        """Keeps certificate and trust up to date."""
        source = X509Source(timeout_in_seconds=TIMEOUT_SECONDS)
        self.generations[name] = source.get_x509_context
        return self.show(name)

    def show(self, name):
        context = self.generations[name]()
        svid = context.default_svid
        return {
            'spiffeId': str(svid.spiffe_id),
            'serial': format(svid.leaf.serial_number, 'x'),
            'roots': len(roots_of(context)),
        }

    def watch(self):
        self.client.stream_x509_contexts(
            lambda context: self.serials.append(format(context.default_svid.leaf.serial_number, 'x')),
            lambda error: None,
        )
        return {}

    def updates(self):
        return {'serials': list(self.serials)}

    def serve(self, name):
        """Opens a port for mutual TLS and tells each client who it is taken for."""
        listener = socket.create_server(('127.0.0.1', 0))
        threading.Thread(target=self.greet_all, args=(listener, name), daemon=True).start()
        return {'port': listener.getsockname()[1]}

    def greet_all(self, listener, name):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.greet, args=(connection, name), daemon=True).start()

    def greet(self, connection, name):
        connection.settimeout(TIMEOUT_SECONDS)
        try:
            tls = tls_of(self.generations[name](), ssl.PROTOCOL_TLS_SERVER)
            with tls.wrap_socket(connection, server_side=True) as secured:
                secured.sendall(f'{name_of(secured)}\n'.encode())
                secured.unwrap()
        except (OSError, ValueError):
            connection.close()

    def dial(self, name, port):
        """Opens a new connection and says who answered and for whom the other side takes us."""
        tls = tls_of(self.generations[name](), ssl.PROTOCOL_TLS_CLIENT)
        with socket.create_connection(('127.0.0.1', int(port)), TIMEOUT_SECONDS) as connection:
            with tls.wrap_socket(connection) as secured:
                peer = name_of(secured)
                greeting = secured.recv(4096).decode()
        if greeting == '':
            raise ValueError('closed without a greeting')
        return {'peer': peer, 'takenFor': greeting.strip()}

    def token(self, audience):
        """Fetches a JWT-SVID and has it judged by Sallyport."""
        svid = self.client.fetch_jwt_svid({audience}, timeout=TIMEOUT_SECONDS)
        judged = self.client.validate_jwt_svid(svid.token, audience, timeout=TIMEOUT_SECONDS)
        return {'token': svid.token, 'spiffeId': str(judged.spiffe_id), 'audience': sorted(judged.audience)}

    def judge(self, audience, token):
        """Verifies somebody's JWT-SVID here, with the keys of the JWT bundle."""
        bundles = self.client.fetch_jwt_bundles(timeout=TIMEOUT_SECONDS)
        bundle = bundles.get_bundle_for_trust_domain(TRUST_DOMAIN)
        return {'spiffeId': str(JwtSvid.parse_and_validate(token, bundle, {audience}).spiffe_id)}


def roots_of(context):
    return context.x509_bundle_set.get_bundle_for_trust_domain(TRUST_DOMAIN).x509_authorities


def tls_of(context, protocol):
    """Mutual TLS with the certificate and the trust of `context`; names are SPIFFE IDs, not host names."""
    tls = ssl.SSLContext(protocol)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(
        cadata=''.join(root.public_bytes(Encoding.PEM).decode() for root in roots_of(context))
    )
    with tempfile.TemporaryDirectory() as folder:
        chain, key = os.path.join(folder, 'chain.pem'), os.path.join(folder, 'key.pem')
        context.default_svid.save(chain, key, Encoding.PEM)
        tls.load_cert_chain(chain, key)
    return tls


def name_of(secured):
    """The SPIFFE ID and the serial that the other side showed."""
    leaf = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (uri,) = names.get_values_for_type(x509.UniformResourceIdentifier)
    if not uri.startswith('spiffe://example.org/'):
        raise ValueError('not of our trust domain')
    return f'{uri} {leaf.serial_number:x}'


COMMANDS = ('keep', 'follow', 'show', 'watch', 'updates', 'serve', 'dial', 'token', 'judge')


def main():
    workload = Workload()
    for line in sys.stdin:
        command, *args = line.split()
        try:
            if command not in COMMANDS:
                raise ValueError('no such command')
            answer = getattr(workload, command)(*args)
        except Exception as error:  # whatever it is, it is the answer
            answer = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(answer), flush=True)


main()
