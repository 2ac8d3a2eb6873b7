#!/bin/sh
# Installs what tests use from npm, where npm is at hand; elsewhere those tests skip with a reason.
set -u
cd "$(dirname "$0")" || exit 1
command -v npm >/dev/null 2>&1 || exit 0
for folder in web/oidc browser/markup; do
  [ "$folder/node_modules" -nt "$folder/package-lock.json" ] && continue
  npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error >/dev/null 2>&1 \
    && touch "$folder/node_modules" || echo "$folder: could not be installed, its tests will be skipped"
done
exit 0
