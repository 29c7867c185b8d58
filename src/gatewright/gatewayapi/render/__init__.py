"""The gateway controllers that Gatewright installs, one module each; ``gatewayapi.manifests`` is the way in."""
