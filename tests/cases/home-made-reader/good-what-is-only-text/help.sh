#!/bin/sh
echo 'run: export $(cat .env | xargs)'
cat > hint.txt <<'TEXT'
export $(cat .env | xargs)
TEXT
