export function Page() {
  return (
    <section title="Don't">
      {/* it's */}
      It's process.env.NO_KEY that isn't read, {process.env.THIRD_KEY} is.
      <Link href={process.env.LINK_KEY}>can't</Link>
    </section>
  );
}
