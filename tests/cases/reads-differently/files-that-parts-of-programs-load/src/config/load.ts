import process from 'node:process';

process.loadEnvFile();
