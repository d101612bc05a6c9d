type Words = { name: string; says: string };

const words: Record<string, Words> = {
  healthy: { name: "Forgotten", says: "well off, and a payment slips by" },
  job_loss: { name: "Job loss", says: "wages stop, savings go" },
  salary_late: { name: "Salary late", says: "the employer pays later each month" },
  medical_shock: { name: "Medical shock", says: "large bills, and sick pay" },
  gambling_spiral: { name: "Gambling spiral", says: "stakes that grow from week to week" },
  payday_loans: { name: "Payday loans", says: "one short loan pays back another" },
  divorce: { name: "Divorce", says: "one income has to carry a household" },
  seasonal_worker: { name: "Seasonal worker", says: "the season's pay does not last" },
  holiday: { name: "Holiday", says: "looks risky: two weeks of spending" },
  new_job: { name: "New job", says: "looks risky: another payer, another payday" },
  house_move: { name: "House move", says: "looks risky: deposits, movers, two rents" },
  large_purchase: { name: "Large purchase", says: "looks risky: saved for, then spent" },
};

/** A story's name and what happens in it, in a few words. */
export const storyWords = (story: string): Words =>
  words[story] ?? { name: story.replaceAll("_", " "), says: "" };
