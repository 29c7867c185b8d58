"""The routes by subject. Each names its permission, calls one service, and encodes what that gives."""
