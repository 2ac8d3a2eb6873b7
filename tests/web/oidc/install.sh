#!/bin/sh
# Installs the OpenID provider of the tests where npm is at hand; elsewhere they skip with a reason.
set -u
cd "$(dirname "$0")" || exit 1
if command -v npm >/dev/null 2>&1 && ! [ node_modules -nt package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error >/dev/null 2>&1 && touch node_modules \
    || echo 'the OpenID provider could not be installed: its tests will be skipped'
fi
exit 0
