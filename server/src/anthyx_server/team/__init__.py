"""Settings → Workspace and Settings → Team."""

from anthyx_server.team.pages import blueprint as team_blueprint
from anthyx_server.team.workspace_pages import blueprint as workspace_blueprint

__all__ = ["blueprints"]

blueprints = (workspace_blueprint, team_blueprint)
