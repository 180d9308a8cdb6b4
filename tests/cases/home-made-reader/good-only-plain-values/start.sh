#!/bin/sh
export $(grep -v "^#" .env | xargs)
exec app
