"""What an installation would do, decided before anything is changed."""
