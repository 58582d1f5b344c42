# Runs on each machine of the cluster, after the project was installed.
echo "The orchard is in $PROJECT_HOME" > /etc/motd
