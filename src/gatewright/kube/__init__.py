"""Talk to a cluster: ``kubeconfig`` gives a ``Connection``, ``client`` its verbs, ``errors`` what can go wrong."""
