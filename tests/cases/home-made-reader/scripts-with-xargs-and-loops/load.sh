#!/bin/sh
while IFS='=' read -r key value; do
  export "$key=$value"
done < .env
exec app
