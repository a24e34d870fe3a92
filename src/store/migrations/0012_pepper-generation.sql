CREATE TABLE "pepper_generations" (
	"generation" integer PRIMARY KEY NOT NULL,
	"is_complete" boolean NOT NULL
);
