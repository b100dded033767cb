"""The shield at CloudFront's edge: handlers for Lambda@Edge, on the same engine and policy as behind the proxy.

`hardtack remedy --target lambda-edge` makes the package; docs/lambda-edge.md says how it is deployed. Associate the one
function with *origin request* and *origin response*, by its handler `hardtack.web.lambda_edge.handler`.

Rule: importing this loads nothing and reads nothing. The parts are made by the first event, or by `prepare`, which the
package's own entry calls while Lambda starts a container.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardtack.web.lambda_edge.edge import Edge

__all__ = ["handler", "origin_request", "origin_response", "prepare"]


def handler(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Answer an event of either trigger."""
    del context  # Lambda's own; nothing in it concerns a visit
    return _edge().handle(event)


def origin_request(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Answer an origin request event: CloudFront event in, request or response out."""
    del context
    return _edge().origin_request(event)


def origin_response(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Answer an origin response event: CloudFront event in, response out."""
    del context
    return _edge().origin_response(event)


def prepare() -> None:
    """Make the parts and fetch the pool's keys, before the first event comes."""
    _edge().warm_up()


@cache
def _edge() -> Edge:
    from hardtack.web.lambda_edge.edge import Edge  # noqa: PLC0415 -- only where an event comes
    from hardtack.web.lambda_edge.packaged import read_packed, settings_path  # noqa: PLC0415 -- the same
    from hardtack.web.lambda_edge.telling import tell  # noqa: PLC0415 -- the same
    from hardtack.web.shield import Shield, ShieldDeployment  # noqa: PLC0415 -- the same

    return Edge(Shield(ShieldDeployment(read_packed(settings_path().read_bytes(), hooks=[tell]))))
