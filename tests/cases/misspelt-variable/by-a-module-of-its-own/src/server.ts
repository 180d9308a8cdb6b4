import environment from "./environment";

if (environment.FORCE_HTTP === "true") console.log("https");
console.log(environment.PORT);
