/* tcptop: a terminal monitor for the TCP connections of a Linux host. */
int main(void)
{
    return 0;
}
