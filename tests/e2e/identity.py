# SPDX-License-Identifier: Apache-2.0
"""Keys, certificates and signed tokens, by openssl."""

import base64
import json
import subprocess
import time
import uuid


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class KeyPair:
    def __init__(self, directory, name="key", days=365):
        self.key = directory / f"{name}.key"
        self.certificate = directory / f"{name}.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                        "-days", str(days), "-keyout", self.key, "-out", self.certificate],
                       check=True, capture_output=True)

    def public(self):
        return self.certificate.read_text()

    def both(self):
        return self.key.read_text() + self.public()

    def thumbprint(self):
        der = subprocess.run(["openssl", "x509", "-in", self.certificate, "-outform", "DER"],
                             check=True, capture_output=True).stdout
        digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der, check=True,
                                capture_output=True).stdout
        return encode(digest)

    def sign(self, claims, algorithm="RS256", **header):
        """A JSON web token."""
        head = {"typ": "JWT", "alg": algorithm, **header}
        text = ".".join(encode(json.dumps(part).encode()) for part in (head, claims))
        padding = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
        command = ["openssl", "dgst", "-sha256", "-sign", self.key] + (padding if algorithm == "PS256" else [])
        signature = subprocess.run(command, input=text.encode(), check=True, capture_output=True).stdout
        return f"{text}.{encode(signature)}"


def claims(issuer, subject, audience, life=300, begin=0):
    now = int(time.time()) + begin
    return {"iss": issuer, "sub": subject, "aud": audience, "nbf": now, "iat": now, "exp": now + life,
            "jti": str(uuid.uuid4())}
