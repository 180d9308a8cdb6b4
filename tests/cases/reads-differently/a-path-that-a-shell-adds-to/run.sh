#!/bin/sh
set -a; . ./.env
