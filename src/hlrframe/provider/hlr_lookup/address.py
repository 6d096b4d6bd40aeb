"""Where the account is asked, and over what: base URL, proxy and certificates, checked before anything leaves."""

import ssl
import urllib.request
from ipaddress import ip_address
from typing import Final

import httpx

from hlrframe.errors import ConfigError
from hlrframe.model import MAX_REQUESTS, printable, safe_url
from hlrframe.provider.transport import Transport

__all__ = ["BASE_URL", "address_problem", "is_in_clear", "open_transport", "read_address"]

BASE_URL: Final = "https://api.hlrlookup.com/apiv2"


def read_address(base_url: object) -> httpx.URL | None:
    """Reads a base URL; ``None`` for what cannot be one."""
    if not isinstance(base_url, str | httpx.URL):
        return None
    try:
        url = httpx.URL(str(base_url).strip().rstrip("/"))
        host, port = url.host, url.port  # a host in letters of the world can turn out to be none only here
    except (httpx.InvalidURL, ValueError):
        return None
    usable = url.scheme in {"http", "https"} and host and (port is None or 0 < port < 65536)  # noqa: PLR2004  # TCP's own
    return url if usable else None


def address_problem(base_url: object, *, allow_http: bool) -> str | None:
    """Says what is wrong with a base URL, without showing a password in it; ``None`` where nothing is."""
    url = read_address(base_url)
    shown = safe_url(str(base_url))
    if url is None:
        return f"{shown!r} is no base URL: it should look like {BASE_URL}"
    if url.userinfo or url.query or url.fragment:
        return (
            f"the base URL {shown} must hold no user, password, query or fragment: the account is named by its key and "
            f"secret alone, and the URL should look like {BASE_URL}"
        )
    if is_in_clear(url) and not allow_http:
        return (
            f"{shown} is not encrypted: the secret and every number could be read on their way; use https, or say that "
            "it may be so with Client(allow_http=True) or HLR_ALLOW_HTTP=1"
        )
    return None


def is_in_clear(url: httpx.URL) -> bool:
    """Tells whether what is sent there can be read on its way: plain HTTP beyond this machine."""
    return url.scheme == "http" and not _is_loopback(url.host)


def open_transport(url: httpx.URL) -> httpx.AsyncBaseTransport:
    """Opens our own transport, or httpx's where the environment names a proxy.

    Raises:
        ConfigError: The proxy or the certificates that the environment names cannot be used.
    """
    proxy = _proxy(url)
    if proxy is None:
        return Transport(tls=_certificates() if url.scheme == "https" else None)
    # Slower than ours, and known to work with the proxies of this world.
    limits = httpx.Limits(max_connections=MAX_REQUESTS, max_keepalive_connections=MAX_REQUESTS)
    problem = None
    try:
        return httpx.AsyncHTTPTransport(proxy=proxy, limits=limits, verify=_certificates())
    except ImportError:
        problem = "needs socksio, which is not installed: pip install 'httpx[socks]', or name an http:// proxy"
    except (ValueError, TypeError, httpx.InvalidURL):
        problem = "cannot be used: it should look like http://proxy.example:3128"
    # Outside the handlers: the errors hold the proxy's URL, and so its password.
    raise ConfigError(
        f"the proxy {safe_url(proxy)} that the environment names {problem}; NO_PROXY={url.host} leaves it out"
    )


def _proxy(url: httpx.URL) -> str | None:
    named = urllib.request.getproxies()
    proxy = named.get(url.scheme) or named.get("all")
    if not proxy or urllib.request.proxy_bypass(url.host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _certificates() -> ssl.SSLContext:
    try:
        return httpx.create_ssl_context()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read: {printable(str(error))}"
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
