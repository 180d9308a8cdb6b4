#!/bin/sh
set -a; . ./.env
echo "$P1|$NAME|$P2"
