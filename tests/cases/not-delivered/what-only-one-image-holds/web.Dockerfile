FROM python:3.13
COPY web/*.py /app/
