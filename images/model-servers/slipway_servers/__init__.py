"""Model classes for Seldon's Python microservice: each serves what one library wrote, from a directory."""
