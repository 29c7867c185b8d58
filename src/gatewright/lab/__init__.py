"""Local clusters for the demo and the tests: real etcd, API server and controllers, and no container runtime."""
