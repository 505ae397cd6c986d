"""What other test suites use: FakeWebUI, and the client of the control plane."""
