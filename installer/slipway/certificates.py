"""X.509: an authority of an installation's own, server certificates that it signs, and what is wrong with others'.

Certificates and keys are PEM texts under the keys of a kubernetes.io/tls Secret: tls.crt, tls.key, ca.crt.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable, Mapping

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATE, KEY, AUTHORITY = "tls.crt", "tls.key", "ca.crt"
#: Browsers refuse server certificates that last longer.
LASTS = datetime.timedelta(days=397)
#: What ends sooner is made anew: whoever installs or upgrades three times a year never sees one end.
RENEW = datetime.timedelta(days=120)
#: Clients were told of the authority by hand: it outlives many certificates.
AUTHORITY_LASTS = datetime.timedelta(days=3650)
#: Clocks differ.
_SKEW = datetime.timedelta(hours=1)


def authority(name: str, now: datetime.datetime) -> dict[str, str]:
    """A new authority: tls.crt and tls.key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = _builder(subject, subject, key.public_key(), now, AUTHORITY_LASTS)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    built = built.add_extension(_usage(signs=True), critical=True)
    built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return {CERTIFICATE: _pem(built.sign(key, hashes.SHA256())), KEY: _private(key)}


def issue(signer: Mapping[str, str], names: Iterable[str], now: datetime.datetime) -> dict[str, str]:
    """A server certificate for host names and addresses, signed by an authority: tls.crt, tls.key and its ca.crt.

    Raises ValueError for an authority that cannot be read.
    """
    parent, signing = _read(signer[CERTIFICATE]), load_pem_private_key(signer[KEY].encode(), None)
    if not isinstance(signing, ec.EllipticCurvePrivateKey):
        raise ValueError("the authority's key is of another kind")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "slipway gateway")])
    built = _builder(subject, parent.subject, key.public_key(), now, LASTS)
    built = built.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    built = built.add_extension(_usage(signs=False), critical=True)
    built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    above = parent.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    built = built.add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
    certificate = built.sign(signing, hashes.SHA256())
    return {CERTIFICATE: _pem(certificate), KEY: _private(key), AUTHORITY: signer[CERTIFICATE]}


def ends(certificate: bytes | str) -> list[datetime.datetime]:
    """When each certificate of a DER or a PEM text ends, none where there is none. Raises ValueError."""
    try:
        if isinstance(certificate, bytes):
            read = [x509.load_der_x509_certificate(certificate)]
        else:
            # A text without any is not an error here: keys and other things stand in such files, too.
            read = x509.load_pem_x509_certificates(certificate.encode()) if "BEGIN CERTIFICATE-" in certificate else []
        return [each.not_valid_after_utc for each in read]
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from error


def ends_within(text: str, span: datetime.timedelta, now: datetime.datetime) -> bool:
    """Whether the first certificate of a PEM text ends sooner, or cannot be read at all."""
    try:
        return _read(text).not_valid_after_utc < now + span
    except ValueError:
        return True


def why_anew(data: Mapping[str, str], signer: Mapping[str, str], names: Iterable[str], now: datetime.datetime) -> str:
    """Why an issued certificate has to be made anew, "" where it need not."""
    if wrong := fault(data, now):
        return wrong
    certificate = _read(data[CERTIFICATE])
    if certificate.not_valid_after_utc < now + RENEW:
        return f"it ends on {certificate.not_valid_after_utc:%Y-%m-%d}"
    try:
        certificate.verify_directly_issued_by(_read(signer[CERTIFICATE]))
    except (ValueError, TypeError, InvalidSignature):
        return "it is of another authority"
    lacking = sorted(set(map(_plain, names)) - names_of(data[CERTIFICATE]))
    return f"it is not for {', '.join(lacking)}" if lacking else ""


def fault(data: Mapping[str, str], now: datetime.datetime) -> str:
    """Why a server cannot use this certificate and key, "" where it can."""
    try:
        certificate, key = _read(data.get(CERTIFICATE, "")), load_pem_private_key(data.get(KEY, "").encode(), None)
    except (ValueError, TypeError):
        return f"{CERTIFICATE} and {KEY} are not a certificate and its key in PEM, without a passphrase"
    shapes = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*shapes) != certificate.public_key().public_bytes(*shapes):
        return f"{KEY} is not the key of {CERTIFICATE}"
    if certificate.not_valid_after_utc < now:
        return f"the certificate ended on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if certificate.not_valid_before_utc > now + _SKEW:
        return f"the certificate begins on {certificate.not_valid_before_utc:%Y-%m-%d}"
    return ""


def names_of(text: str) -> set[str]:
    """The host names and addresses that a PEM certificate is for."""
    try:
        names = _read(text).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    hosts, addresses = names.get_values_for_type(x509.DNSName), names.get_values_for_type(x509.IPAddress)
    return {*map(_plain, hosts), *map(str, addresses)}


def _plain(name: str) -> str:
    """A name in the one spelling in which names are compared."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime.datetime,
    lasts: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now - _SKEW + lasts)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _read(text: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(text.encode())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _private(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
