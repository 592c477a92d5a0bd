/* Moving a session from one organisation of its user to another. */
#include <string.h>
#include "acts/acts_account.h"
#include "util/banned.h"

struct move {
	const struct act *act;
	struct session_move move;
	bool member;
};

static bool move_tx(struct db *db, void *arg, struct err *err)
{
	struct move *m = arg;
	struct act there = *m->act;
	struct login_who who;
	int moved = store_session_move(db, there.pool, &m->move, &who, err);

	m->member = moved == 1;
	if (moved != 1)
		return moved == 0;
	there.org_id = who.org_id;
	return act_audit(&there, "session.begin", "user", who.user_id,
	    "from another organisation", err);
}

bool acts_account_choose_org(const struct act *act,
    const struct account_choice *choice, struct err *err)
{
	struct move m = { .act = act };
	bool good;

	m.move = (struct session_move){ choice->old_token, ACCOUNT_TOKEN_BYTES,
	    choice->org_id, digest_sha256(choice->token, ACCOUNT_TOKEN_BYTES) };
	digest_random(m.move.csrf.bytes, sizeof(m.move.csrf.bytes));
	/* The audit entry lies in the new organisation, whose tenant the new token
	 * is from the move on. */
	db_tenant_leave(act->db);
	if (!db_tenant_enter(act->db, choice->token, ACCOUNT_TOKEN_BYTES, err))
		return false;
	good = db_tx(act->db, move_tx, &m, NULL, err);
	db_tenant_leave(act->db);
	if (good && !m.member)
		return err_set(err, ERR_NOT_FOUND, "There is no such organisation, "
		    "or you are not a member of it.");
	return good;
}
