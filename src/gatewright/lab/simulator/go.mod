module gatewright/simulator

go 1.24
