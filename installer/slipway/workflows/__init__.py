"""What the commands do: each use-case of the installer, from options to a result; printing is the command line's."""
