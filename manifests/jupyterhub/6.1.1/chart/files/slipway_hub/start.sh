# The start of a user's server, as that user: home, project volumes, environment, then JupyterHub's own program.
# The image has a shell and Python; nothing else is asked of it.
umask 022
if [ ! -d "$HOME" ]; then
  mkdir -m 0700 "$HOME" || { echo "the home volume cannot be written to by user $(id -u)" >&2; exit 1; }
  # What this user had on the volume before homes were directories of it; what he cannot read stays beside it.
  for old in /home/* /home/.[!.]*; do
    case $old in "$HOME" | /home/lost+found) ;; *) [ ! -e "$old" ] || cp -R "$old" "$HOME/" 2>/dev/null || : ;; esac
  done
  [ -e "$HOME/.bashrc" ] || cp /etc/skel/.bashrc "$HOME/" 2>/dev/null || :
  # Without Debian's .profile, which changes the path once more.
  [ -e "$HOME/.bash_profile" ] || echo '[ ! -f ~/.bashrc ] || . ~/.bashrc' > "$HOME/.bash_profile"
fi
[ -O "$HOME" ] || { echo "$HOME belongs to another user than $(id -u)" >&2; exit 1; }
chmod 0700 "$HOME"
cd "$HOME"

for volume in /project/*; do
  link=$HOME/${volume##*/}
  # An empty directory stands where the volume was mounted before.
  [ -L "$link" ] || rmdir "$link" 2>/dev/null || :
  [ -e "$link" ] || [ ! -d "$volume" ] || ln -sfn "$volume" "$link"
done

USER=$(printf %s "${JUPYTERHUB_USER:-user}" | tr -c 'a-zA-Z0-9_.-' _)
LOGNAME=$USER
# Some programs ask the system for the user's name and home; an image that allows it learns them.
if [ -w /etc/passwd ] && ! grep -q "^[^:]*:[^:]*:$(id -u):" /etc/passwd; then
  echo "$USER:x:$(id -u):$(id -g)::$HOME:/bin/bash" >> /etc/passwd
fi

# Packages that the user installs go to his home. pip does so by itself where the image's own place is closed to him.
if python3 -c 'import os, sys, sysconfig; sys.exit(not os.access(sysconfig.get_path("purelib"), os.W_OK))'; then
  export PIP_USER=1
fi
PATH=$HOME/.local/bin:$PATH
# Login shells begin with the system's path: see profile.d of the image.
SLIPWAY_PATH=$PATH
export USER LOGNAME PATH SLIPWAY_PATH

trust=/etc/slipway/trust
if [ -s $trust/ca.crt ]; then
  SSL_CERT_FILE=$trust/ca.crt REQUESTS_CA_BUNDLE=$trust/ca.crt CURL_CA_BUNDLE=$trust/ca.crt
  GIT_SSL_CAINFO=$trust/ca.crt NODE_EXTRA_CA_CERTS=$trust/ca.crt
  export SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO NODE_EXTRA_CA_CERTS
fi
if [ -s $trust/pip.conf ]; then export PIP_CONFIG_FILE=$trust/pip.conf; fi
if [ -s $trust/npmrc ]; then export NPM_CONFIG_GLOBALCONFIG=$trust/npmrc; fi

# -s: the server itself is the image's, whatever its user has installed; kernels and shells are not started with it.
exec python3 -s -m jupyterhub.singleuser "$@"
