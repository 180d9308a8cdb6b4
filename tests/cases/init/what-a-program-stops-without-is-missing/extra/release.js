if (!process.env.NEXT_VERSION) {
  process.exit(1);
}
