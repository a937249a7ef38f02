"""Who looks at a fragment of the portal."""

from __future__ import annotations

from freeseat.application.accounts.principal import Principal
from freeseat.domain.permissions import Permission
from freeseat.edge.web.entrance import PrincipalCredential
from freeseat.edge.web.problems import NotSignedIn
from freeseat.edge.web.viewer import Viewer


def principal_of(viewer: Viewer, permission: Permission) -> Principal:
    """The principal behind a viewer, who has this permission. Raises NotSignedIn or NotAllowed."""
    if not isinstance(viewer.credential, PrincipalCredential):
        raise NotSignedIn("this is a page of the portal")
    viewer.credential.principal.require(permission)
    return viewer.credential.principal
