#!/bin/sh
eval $(cat .env | sed "s/^/export /")
exec app
