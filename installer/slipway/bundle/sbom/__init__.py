"""What is in a bundle, for whoever has to know: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/."""
