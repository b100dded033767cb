"""Layer 3: what AWS Amplify writes into cookies, byte for byte, and what its configuration files say.

Names, encodings and readers of Amplify JS 6 (and what 5 left behind). Pure: no clock, no socket.
"""

from __future__ import annotations

from hardtack.amplify.config import AmplifyConfig, AmplifyConfigError, parse_amplify_config, read_amplify_config
from hardtack.amplify.config_file import FILE_NAMES, load_amplify_config
from hardtack.amplify.encoding import (
    app_router_read,
    client_name,
    client_value,
    decode_component,
    document_text,
    js_cookie_read,
    next_value,
    pages_router_read,
    server_name,
)
from hardtack.amplify.names import (
    ABSENT_USERNAME,
    KEPT_SUFFIXES,
    LAST_AUTH_USER,
    PREFIX,
    SERVER_AUTH_NAMES,
    SUFFIXES,
    SWEPT_SUFFIXES,
    TOKEN_SUFFIXES,
    V5_LEFTOVERS,
    AmplifyKey,
    AmplifyNames,
    UserNames,
    is_v5_leftover,
    parse_identity_id_name,
    parse_name,
)
from hardtack.amplify.readers import (
    READERS,
    Reader,
    app_router_cookies,
    app_router_wire,
    believed,
    pages_router_cookies,
)
from hardtack.amplify.shown import AmplifyShown, ShownCookie, read, read_value
from hardtack.amplify.writing import OAUTH_METADATA, AmplifyWrites, sign_in_details, writes

__all__ = [
    "ABSENT_USERNAME",
    "FILE_NAMES",
    "KEPT_SUFFIXES",
    "LAST_AUTH_USER",
    "OAUTH_METADATA",
    "PREFIX",
    "READERS",
    "SERVER_AUTH_NAMES",
    "SUFFIXES",
    "SWEPT_SUFFIXES",
    "TOKEN_SUFFIXES",
    "V5_LEFTOVERS",
    "AmplifyConfig",
    "AmplifyConfigError",
    "AmplifyKey",
    "AmplifyNames",
    "AmplifyShown",
    "AmplifyWrites",
    "Reader",
    "ShownCookie",
    "UserNames",
    "app_router_cookies",
    "app_router_read",
    "app_router_wire",
    "believed",
    "client_name",
    "client_value",
    "decode_component",
    "document_text",
    "is_v5_leftover",
    "js_cookie_read",
    "load_amplify_config",
    "next_value",
    "pages_router_cookies",
    "pages_router_read",
    "parse_amplify_config",
    "parse_identity_id_name",
    "parse_name",
    "read",
    "read_amplify_config",
    "read_value",
    "server_name",
    "sign_in_details",
    "writes",
]
