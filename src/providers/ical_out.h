#ifndef HAWSER_PROVIDERS_ICAL_OUT_H
#define HAWSER_PROVIDERS_ICAL_OUT_H
/* Spelling of one part's fields as content lines; used for new components and
 * for lines of a kept object that change. */
#include "providers/ical_p.h"

struct ical_out {
	struct pool *pool;
	const struct event *e;
	when_t now;
	int first_year;		/* zones reach back to it; 0 = the event's */
	bool is_override;	/* of the part at hand: its rules stay as they are */
	struct str text;	/* the object, folded */
};

/* Field's line, unfolded, with the parameters extra carries for it; NULL when
 * the part has nothing to say. */
char *ical_out_field(struct ical_out *o, const struct event_part *part,
    enum ical_field field);
/* Is this entry of extra only the parameters of a field? */
bool ical_out_is_carrier(const char *entry, size_t len);
/* A rule or extra entry, folded; UNTIL in the type the start asks for. */
void ical_out_entry(struct ical_out *o, const char *entry, size_t len);
/* The same as it would be written, unfolded. */
const char *ical_out_spelt(struct ical_out *o, const char *entry, size_t len,
    size_t *len_out);
void ical_out_line(struct ical_out *o, const char *line);
void ical_out_stamp(struct ical_out *o, const char *name);
/* BEGIN:VEVENT .. END:VEVENT. */
void ical_out_component(struct ical_out *o, const struct event_part *part);
/* VTIMEZONEs that e's parts name and have (a list of TZIDs, \n-joined) lacks. */
void ical_out_zones(struct ical_out *o, struct str *have);
void ical_out_head(struct ical_out *o);
#endif
