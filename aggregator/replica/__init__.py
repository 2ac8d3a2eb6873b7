"""The bundled demo platforms: invented content, served over HTTP on loopback."""
