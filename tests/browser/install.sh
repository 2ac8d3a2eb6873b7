#!/bin/sh
# Installs Debian's chromium for the browser tests where that is permitted: as root, with apt.
# Elsewhere nothing happens, and the browser tests fail with what is missing, unless
# QUERVERWEIS_WITHOUT_BROWSER=1 says that this is known.
set -u
if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  wait='-o DPkg::Lock::Timeout=300'
  { apt-get -qq $wait update && apt-get -qq $wait install --no-install-recommends -y chromium; } \
    >/dev/null 2>&1 || echo 'chromium could not be installed: the browser tests will fail'
fi
exit 0
