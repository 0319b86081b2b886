"""`wasl demo`: the real gateway and the real plugins, before providers that this process plays itself on loopback."""
