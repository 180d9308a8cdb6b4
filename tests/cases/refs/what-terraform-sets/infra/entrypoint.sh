#!/bin/sh
: "${DB_HOST:?DB_HOST is required}"
