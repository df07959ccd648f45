#!/bin/sh
# Puts what stands in the file that <NAME>_FILE names into <NAME>, then becomes the command: no secret is in an image or in compose.yaml.
set -eu
for name in $(env | sed -n 's/^\([A-Z0-9_]*\(PASSWORD\|SECRET\|TOKEN\|KEY\|USER\)\)_FILE=.*/\1/p'); do
    file=$(printenv "${name}_FILE")
    if [ ! -r "$file" ]; then
        echo "error: ${name}_FILE=$file cannot be read; expected a file with the secret, see docs/deploy.md" >&2
        exit 2
    fi
    export "$name=$(cat "$file")"
done
exec "$@"
